// Look-up fields: Tom Select over a scoped address. Linked only by pages that have one.
{
  const search = async (field, text) => {
    const answer = await fetch(`${field.dataset.lookup}?${new URLSearchParams({ q: text })}`);
    return answer.ok ? answer.json() : [];
  };

  cms.modules.lookup = (field) => {
    const isText = field.tagName === "INPUT";
    const known = isText && field.value ? [{ value: field.value, text: field.dataset.text || field.value }] : undefined;
    const control = new TomSelect(field, {
      maxItems: 1, maxOptions: null, create: false, selectOnTab: true, hideSelected: false,
      valueField: "value", labelField: "text", searchField: ["text"], placeholder: "Type to search",
      ...(known && { options: known, items: [field.value] }),
      load: (text, done) => search(field, text).then(done, () => done()),
      render: {
        no_results: () => '<div class="no-results">Nothing matches. Try fewer letters.</div>',
        loading: () => '<div class="no-results">Looking</div>',
      },
    });
    // What stands behind is for nobody, and the error summary's link to it leads to what can be typed in.
    field.setAttribute("aria-hidden", "true");
    field.addEventListener("focus", () => control.focus());
    // The hint and the error belong to what has the focus.
    const described = field.getAttribute("aria-describedby");
    if (described) control.control_input.setAttribute("aria-describedby", described);
    if (field.getAttribute("aria-invalid")) control.control_input.setAttribute("aria-invalid", "true");
  };
  for (const field of document.querySelectorAll('[data-module~="lookup"]')) cms.modules.lookup(field);
}
