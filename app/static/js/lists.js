// Lists: a row opens with a click; ticking rows is counted and done for a whole page at once.
Object.assign(cms.modules, {
  rows: (table) => {
    table.classList.add("cms-opens");
    table.addEventListener("click", (event) => {
      if (event.target.closest("a, button, input, label, thead") || String(getSelection())) return;
      const link = event.target.closest("tr")?.querySelector("th a");
      if (!link) return;
      if (event.ctrlKey || event.metaKey) window.open(link.href); else link.click();
    });
  },

  picks: (form) => {
    const boxes = [...form.querySelectorAll("input[name=pick]")];
    const label = form.querySelector(".cms-pick-all");
    const all = label.querySelector("input");
    const which = form.querySelector("[name=which]");
    const count = form.querySelector(".cms-pick-count");
    const show = () => {
      const ticked = boxes.filter((box) => box.checked).length;
      all.checked = ticked === boxes.length;
      all.indeterminate = ticked > 0 && !all.checked;
      count.textContent = which.value === "ticked" ? `${ticked} selected` : "";
      for (const box of boxes) box.closest("tr").classList.toggle("cms-ticked", box.checked);
    };
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
      which.value = "ticked";
    });
    form.addEventListener("change", show);
    window.addEventListener("pageshow", show);
    show();
  },
});
for (const element of document.querySelectorAll("[data-module=rows], [data-module=picks]")) {
  cms.modules[element.dataset.module](element);
}
