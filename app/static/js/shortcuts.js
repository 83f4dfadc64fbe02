// Keyboard shortcuts: linked only for people who have not switched them off. The help sheet lists them.
{
  const help = document.getElementById("shortcuts");
  const typing = (element) => element.closest("input, textarea, select, [contenteditable], dialog");
  const rows = () => [...document.querySelectorAll(".cms-list tbody tr")];
  let waiting = "";
  let timer = 0;

  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    next.querySelector("th a, td a")?.focus();
    next.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (waiting) {
      const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
      waiting = "";
      if (link) { event.preventDefault(); window.location.assign(link.href); }
      return;
    }
    const act = {
      "/": () => document.getElementById("top-search")?.focus(),
      "?": () => help?.showModal(),
      "j": () => move(1),
      "k": () => move(-1),
      "g": () => { waiting = "g"; clearTimeout(timer); timer = setTimeout(() => { waiting = ""; }, 1500); },
    }[event.key];
    if (act) { event.preventDefault(); act(); }
  });
}
