// The cells of the table of goodput: what the wire does, and how much is sent over it. Used with Linux, with boards, and on the virtual clock.

const RATES = [2_000_000, 20_000_000];
const ROUND_TRIPS_MS = [10, 50, 200];
const FAULTS = [
	{ fault: "loss 0.1 %", loss: 1000 },
	{ fault: "loss 1 %", loss: 10_000 },
	{ fault: "loss 5 %", loss: 50_000 },
	{ fault: "reordering 5 %", reorder: 50_000 },
];

/** What a receiver has for bytes, and with them the window. */
export const WINDOW = 65_535;
/** Frames of a window wait before the rate: what is lost is lost by chance. */
const QUEUE = 150_000;
const SEGMENT = 1448;
/** How long a transfer takes, roughly, and how long it may take. */
const WANTED_S = 12;
export const LIMIT_S = 40;

/** Bytes a second that TCP may reach: the line, a window each round trip, and for losses the model of Mathis et al. (1997) with CUBIC's larger share. */
function expected({ rate, roundTripMs, loss }) {
	const roundTrip = roundTripMs / 1000;
	const model = loss === 0 ? Infinity : (1.3 * SEGMENT) / roundTrip / Math.sqrt(loss / 1e6);
	return Math.min((0.93 * rate) / 8, WINDOW / roundTrip, model);
}

function cell({ fault, loss = 0, reorder = 0 }, roundTripMs, rate) {
	const made = { fault, roundTripMs, rate, loss, reorder, by: 10, queue: QUEUE, limitS: LIMIT_S };
	made.name = `${fault}, ${roundTripMs} ms, ${rate / 1e6} Mbit/s`;
	made.bytes = Math.max(200_000, Math.round((WANTED_S * expected(made)) / 100_000) * 100_000);
	return made;
}

/** Of every combination one: `{ name, fault, roundTripMs, rate, loss, reorder, by, queue, bytes, limitS }`; loss and reorder of a million frames, each way. */
export const CELLS = FAULTS.flatMap((fault) =>
	ROUND_TRIPS_MS.flatMap((roundTripMs) => RATES.map((rate) => cell(fault, roundTripMs, rate))),
);

/** The wire's command line, and what test/support/impaired-wire.ts is made with. */
export function wireOf({ roundTripMs, rate, loss, reorder, by, queue }, seed) {
	return { seed, rate, delay: roundTripMs * 500, queue, loss, reorder, by };
}

export function median(values) {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted.length >> 1;
	return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
