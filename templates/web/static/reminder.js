// Conveniences on top of pages that work without scripts. What a page needs is in its HTML; nothing here decides anything.

// After a part of the page was exchanged: keep the focus where it was, or give it to what is marked for it, and say
// what changed to those who listen.
document.addEventListener("htmx:after:swap", () => {
  const target = document.querySelector("[data-focus]");
  if (target && document.activeElement === document.body) target.focus();
  const words = document.querySelector("[data-said]");
  if (words) document.getElementById("said").textContent = words.dataset.said;
});

// Print what is shown, where a button offers it.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
