"use strict";
(() => {
  const plain = (text) =>
    text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase().replace(/\s+/g, " ");

  const form = document.getElementById("filter");
  const [text, state, area] = ["f-text", "f-state", "f-area"].map((id) => document.getElementById(id));
  const count = document.getElementById("f-count");
  const bodies = [...document.querySelectorAll("table.rules tbody")];
  const rows = bodies.flatMap((body) =>
    [...body.querySelectorAll("tr[data-rule]")].map((row) => {
      const block = document.getElementById(row.dataset.rule);
      return { row, body, words: plain(row.textContent + " " + block.textContent) };
    }),
  );

  const filter = () => {
    const wanted = plain(text.value).split(" ");
    let shown = 0;
    for (const { row, body, words } of rows) {
      const fits =
        (!state.value || row.dataset.state === state.value) &&
        (!area.value || body.dataset.area === area.value) &&
        wanted.every((word) => words.includes(word));
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const body of bodies) body.hidden = !body.querySelector("tr[data-rule]:not([hidden])");
    count.value = shown;
  };

  const open = () => {
    const target = document.getElementById(location.hash.slice(1));
    for (let part = target; part; part = part.parentElement) if (part.matches("details")) part.open = true;
    if (target) target.scrollIntoView();
  };

  const opened = [];
  addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details:not([open])")) {
      part.open = true;
      opened.push(part);
    }
  });
  addEventListener("afterprint", () => {
    for (const part of opened.splice(0)) part.open = false;
  });

  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", open);
  form.hidden = false;
  filter();
  open();
})();
