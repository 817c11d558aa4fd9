// Conveniences on top of pages that work without scripts. What a page needs is in its HTML; nothing here decides anything.

// After a part of the page was exchanged: keep the focus where it was, or give it to what is marked for it, and say
// what changed to those who listen.
let focused = "";
document.addEventListener("htmx:before:swap", () => { focused = document.activeElement?.id ?? ""; });
document.addEventListener("htmx:after:swap", () => {
  const target = document.querySelector("[data-focus]") ?? (focused && document.getElementById(focused));
  if (target && document.activeElement === document.body) target.focus();
  const words = document.querySelector("[data-said]");
  if (words) document.getElementById("said").textContent = words.dataset.said;
  showTicks();
});

// Ticks of a list: all on the page by one, and how many there are.
const ticks = () => [...document.querySelectorAll("input[name=who]:enabled")];

function showTicks() {
  for (const choice of document.querySelectorAll("[data-tick-all]")) choice.hidden = ticks().length < 2;
  const words = document.querySelector("[data-count]");
  if (!words) return;
  words.dataset.none ??= words.textContent;
  const count = ticks().filter((tick) => tick.checked).length;
  words.textContent = count === 0 ? words.dataset.none : count === 1 ? "1 person is chosen." : `${count} people are chosen.`;
}

document.addEventListener("change", ({ target }) => {
  if (target.closest("[data-tick-all]")) for (const tick of ticks()) tick.checked = target.checked;
  if (target.name === "who" || target.closest("[data-tick-all]")) showTicks();
});
showTicks();

// Print what is shown, where a button offers it.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// Show what was typed as a password, as long as somebody wants to see it.
for (const button of document.querySelectorAll("[data-shows]")) {
  const field = document.getElementById(button.dataset.shows);
  button.hidden = false;
  button.addEventListener("click", () => {
    const hidden = field.type === "password";
    field.type = hidden ? "text" : "password";
    button.textContent = hidden ? "Hide the password" : "Show the password";
  });
}

// What a browser knows by itself: its time zone, and under which address it reaches these pages.
const zone = document.querySelector("select[data-guess=zone]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !zone.value && [...zone.options].some((option) => option.value === here)) zone.value = here;
for (const field of document.querySelectorAll("[data-guess=origin]")) field.value = location.origin;
for (const words of document.querySelectorAll("[data-origin]")) words.textContent = location.origin;

// A page that refreshes itself and finds its part gone was signed out meanwhile: show what the server says to that.
if (document.getElementById("now")) {
  document.addEventListener("htmx:after:swap", () => { if (!document.getElementById("now")) location.reload(); });
}
