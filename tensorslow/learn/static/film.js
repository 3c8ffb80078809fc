// Films: a slider and a button for each. Inside a notebook a film is alone in a frame of its own,
// which follows the page around it: in its height, and in whether it is light or dark.
"use strict";

for (const film of document.querySelectorAll(".ts-film")) {
  const frames = [...film.querySelectorAll(".ts-frame")];
  const slider = film.querySelector("input");
  const button = film.querySelector("button");
  const count = film.querySelector("output");
  let timer = null;

  const show = (number) => {
    frames.forEach((frame, i) => { frame.hidden = i !== number; });
    slider.value = number;
    slider.setAttribute("aria-valuetext", frames[number].querySelector("p")?.textContent
      || `frame ${number + 1} of ${frames.length}`);
    count.value = `${number + 1} / ${frames.length}`;
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    button.textContent = "Play";
  };
  const step = () => {
    const next = Number(slider.value) + 1;
    if (next < frames.length) show(next);
    if (next >= frames.length - 1) stop();
  };

  slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(slider.value) === frames.length - 1) show(0);
    button.textContent = "Pause";
    timer = setInterval(step, Number(film.dataset.milliseconds));
  });
  film.querySelector(".ts-controls").hidden = false;
  show(0);
}

if (window.frameElement) {
  const outer = window.parent.document;
  const follow = () => {
    const dark = outer.querySelector(".dark") !== null;
    document.documentElement.classList.toggle("dark", dark);
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    document.body.style.color = window.parent.getComputedStyle(window.frameElement).color;
    window.frameElement.style.height = `${document.documentElement.offsetHeight}px`;
  };
  new ResizeObserver(follow).observe(document.body);
  new MutationObserver(follow).observe(outer.body, { attributeFilter: ["class"] });
  new MutationObserver(follow).observe(outer.documentElement, { attributeFilter: ["class"] });
  follow();
}
