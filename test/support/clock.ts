// A virtual clock: time moves only from one scheduled event to the next.

interface Scheduled {
	time: number;
	order: number;
	run: (() => void) | undefined;
}

function before(a: Scheduled, b: Scheduled): boolean {
	return a.time < b.time || (a.time === b.time && a.order < b.order);
}

export class VirtualClock {
	/** Milliseconds; a fraction is allowed, it never goes back. */
	now: number;
	#heap: Scheduled[] = [];
	#order = 0;

	constructor(start = 1000) {
		this.now = start;
	}

	/** The time as `Stack.poll` takes it: whole ms, int32, wrapping. */
	get ms(): number {
		return Math.floor(this.now) | 0;
	}

	/** Runs `run` at time `time`, or now when that has passed. Answers a function that takes it back. */
	at(time: number, run: () => void): () => void {
		const event: Scheduled = { time: Math.max(time, this.now), order: this.#order++, run };
		const heap = this.#heap;
		let i = heap.push(event) - 1;
		while (i > 0) {
			const parent = (i - 1) >> 1;
			if (!before(event, heap[parent]!)) break;
			heap[i] = heap[parent]!;
			i = parent;
		}
		heap[i] = event;
		return () => {
			event.run = undefined;
		};
	}

	after(ms: number, run: () => void): () => void {
		return this.at(this.now + ms, run);
	}

	/** When the next event is due; Infinity when there is none. */
	get next(): number {
		while (this.#heap.length > 0 && this.#heap[0]!.run === undefined) this.#pop();
		return this.#heap.length > 0 ? this.#heap[0]!.time : Infinity;
	}

	/** Moves the time on to `time` without running anything; nothing may be due before. */
	advance(time: number): void {
		if (time > this.now) this.now = time;
	}

	/** Runs the next event, if it is due by `limit`. */
	step(limit: number): boolean {
		if (this.next > limit) return false;
		const event = this.#pop();
		this.advance(event.time);
		event.run!();
		return true;
	}

	#pop(): Scheduled {
		const heap = this.#heap;
		const top = heap[0]!;
		const last = heap.pop()!;
		const length = heap.length;
		if (length > 0) {
			let i = 0;
			for (;;) {
				let child = 2 * i + 1;
				if (child >= length) break;
				if (child + 1 < length && before(heap[child + 1]!, heap[child]!)) child++;
				if (!before(heap[child]!, last)) break;
				heap[i] = heap[child]!;
				i = child;
			}
			heap[i] = last;
		}
		return top;
	}
}
