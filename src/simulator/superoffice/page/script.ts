/**
 * The page's only script: fetches the page again whenever the simulator says that something changed,
 * and exchanges the parts that differ. Without it the page works as well, but has to be refreshed.
 * Open details, focus and half-typed text stay as they are.
 */

/** Runs in the browser, as it stands. */
export const SCRIPT = `"use strict";
const parts = () => [...document.querySelectorAll("[data-part]")];
const shown = new Map(parts().map((part) => [part.id, part.innerHTML]));
const live = document.getElementById("live");
let queue = Promise.resolve();
let leaving;
document.body.classList.add("scripted");

function isTypedIn(part) {
  return [...part.querySelectorAll("input, textarea")].some((it) => it.value !== it.defaultValue);
}

function show(page) {
  for (const part of parts()) {
    const fresh = page.getElementById(part.id);
    if (!fresh || shown.get(part.id) === fresh.innerHTML || isTypedIn(part)) continue;
    shown.set(part.id, fresh.innerHTML);
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    const open = [...part.querySelectorAll("details[open]")].map((it) => it.id);
    part.replaceChildren(...fresh.childNodes);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }
}

async function load(address, init) {
  const answer = await fetch(address, init);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** One after the other, so that an older page never replaces a newer one. */
function next(job) {
  queue = queue.then(job).catch(() => { live.textContent = "not connected"; });
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const { target: form, submitter } = event;
  const body = new URLSearchParams(new FormData(form));
  next(async () => {
    const page = await load(submitter.formAction, { method: "POST", body });
    const fresh = page.getElementById("notice");
    const notice = document.getElementById("notice");
    const isFailure = fresh.className === "failed";
    notice.className = fresh.className;
    notice.replaceChildren(...fresh.childNodes);
    clearTimeout(leaving);
    if (isFailure) return;
    leaving = setTimeout(() => notice.replaceChildren(), 8000);
    form.reset();
    show(page);
  });
});

const events = new EventSource("/_page/events");
events.addEventListener("changed", () => next(async () => show(await load("/"))));
events.addEventListener("open", () => { live.textContent = "live"; });
events.addEventListener("error", () => { live.textContent = "not connected"; });
`;
