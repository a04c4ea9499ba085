(function () {
  "use strict";
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const items = all("[data-target]");
  const form = document.getElementById("filter");
  const report = document.getElementById("filter-result");

  function is_shown(item, target, verdict) {
    return (!target || item.dataset.target === target) &&
      (!verdict || item.dataset.verdicts.split("|").includes(verdict));
  }
  function apply() {
    const target = form.elements.target.value;
    const verdict = form.elements.verdict.value;
    let shown = 0;
    for (const item of items) {
      item.hidden = !is_shown(item, target, verdict);
      if (item.hasAttribute("data-counts") && !item.hidden) { shown += 1; }
      for (const entry of all("[data-verdict]", item)) {
        entry.classList.toggle("dim", verdict !== "" && entry.dataset.verdict !== verdict);
      }
    }
    for (const group of all("[data-group]")) {
      group.hidden = all("[data-target]", group).every((item) => item.hidden);
      if (target || verdict) { group.open = !group.hidden; }
    }
    const total = items.filter((item) => item.hasAttribute("data-counts")).length;
    report.textContent = target || verdict ? shown + " of " + total + " shown" : "";
  }
  function reveal() {
    const item = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!item) { return; }
    if (item.closest("[hidden]")) { form.reset(); apply(); }
    for (let part = item.closest("details"); part; part = part.parentElement.closest("details")) { part.open = true; }
    item.scrollIntoView();
  }

  if (form) {
    form.hidden = false;
    form.addEventListener("change", apply);
    form.addEventListener("reset", () => setTimeout(apply));
    form.addEventListener("submit", (event) => event.preventDefault());
    const unfold = document.getElementById("unfold");
    unfold.addEventListener("click", () => {
      const opens = unfold.getAttribute("aria-pressed") !== "true";
      for (const part of all("main details")) { part.open = opens; }
      unfold.setAttribute("aria-pressed", String(opens));
    });
  }
  if (document.body.hasAttribute("data-print-all")) {
    let folded = [];
    addEventListener("beforeprint", () => {
      folded = all("details.numbers:not([open])");
      for (const part of folded) { part.open = true; }
    });
    addEventListener("afterprint", () => { for (const part of folded) { part.open = false; } });
  }
  addEventListener("hashchange", reveal);
  if (location.hash) { reveal(); }
})();
