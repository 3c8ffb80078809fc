"""The chapters: marimo notebooks, to be read and run one by one."""
