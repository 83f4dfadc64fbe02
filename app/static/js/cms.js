// Small behaviours attached by data-module. Every page works without them.
const modules = {
  focus: (element) => element.focus(),
  once: (form) => form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button[type=submit]")) {
      setTimeout(() => { button.disabled = true; }, 0);
    }
  }),
  filter: (input) => {
    const items = [...document.querySelectorAll(input.dataset.items)];
    const groups = [...document.querySelectorAll(input.dataset.groups)];
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      for (const item of items) item.hidden = !item.textContent.toLowerCase().includes(wanted);
      for (const group of groups) group.hidden = ![...group.querySelectorAll(input.dataset.items)].some((item) => !item.hidden);
    });
  },
};
for (const element of document.querySelectorAll("[data-module]")) modules[element.dataset.module]?.(element);
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.cms-user[open], details.cms-menu-toggle[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});
