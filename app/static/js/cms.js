// Small behaviours attached by data-module. Every page works without them.
const cms = window.cms = { modules: {} };
cms.attach = (root) => {
  const wanted = [...root.querySelectorAll("[data-module]")];
  if (root.matches?.("[data-module]")) wanted.unshift(root);
  for (const element of wanted) {
    for (const name of element.dataset.module.split(" ")) cms.modules[name]?.(element);
  }
};

Object.assign(cms.modules, {
  focus: (element) => element.focus(),

  // What is still going on is looked at again; without scripts the page asks for that by itself.
  renew: () => { setTimeout(() => window.location.reload(), 1000); },

  // A second press does nothing. The server refuses a repeat as well: see the request key.
  once: (form) => form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    setTimeout(() => { for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = true; }, 0);
  }),

  // Typing narrows a list that is on the page already.
  filter: (input) => {
    const items = [...document.querySelectorAll(input.dataset.items)];
    const groups = [...document.querySelectorAll(input.dataset.groups)];
    const empty = document.querySelector(input.dataset.empty || "#none");
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      for (const item of items) item.hidden = !item.textContent.toLowerCase().includes(wanted);
      for (const group of groups) {
        group.hidden = ![...group.querySelectorAll(input.dataset.items)].some((item) => !item.hidden);
      }
      if (empty) empty.hidden = items.some((item) => !item.hidden);
    });
  },

  // A link or button that opens the dialog it names.
  opens: (control) => control.addEventListener("click", (event) => {
    const dialog = document.getElementById(control.dataset.dialog);
    if (dialog?.showModal) { event.preventDefault(); dialog.showModal(); }
  }),
});

// Open menus close with Escape and with a click elsewhere.
const openDrops = () => document.querySelectorAll("details.cms-drop[open]");
document.addEventListener("click", (event) => {
  for (const drop of openDrops()) if (!drop.contains(event.target)) drop.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const drop of openDrops()) {
    const inside = drop.contains(document.activeElement);
    drop.open = false;
    if (inside) drop.querySelector("summary").focus();
  }
});

// A page that comes back from the browser's memory may be sent again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = false;
  }
});
cms.attach(document);
