// Shows how a payment stands, and looks again until that is final. It only reads: coming back here pays nothing.

const LOOK_MS = 2000;
const LOOKS = 300;
const FINAL = new Set(["not_paid", "booked", "given_back", "over"]);

const { reference } = document.body.dataset;

async function look() {
  const answer = await fetch(`/v1/payments/return-status?reference=${encodeURIComponent(reference)}`);
  return answer.ok ? answer.json() : null;
}

function show({ state, booking_reference: pnr }) {
  document.body.dataset.state = state;
  document.querySelector("[data-pnr]").textContent = pnr ?? "";
  for (const section of document.querySelectorAll("[data-for]")) section.hidden = section.dataset.for !== state;
}

async function follow() {
  for (let looks = 0; looks < LOOKS && !FINAL.has(document.body.dataset.state); looks += 1) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const found = await look().catch(() => null); // a train in a tunnel: the next look may get through
    if (found && found.state !== document.body.dataset.state) show(found);
  }
}

follow();
