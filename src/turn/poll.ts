// The turn, and the calls of sockets' owners in between. On XS the module `multihome/poll` takes this one's place: C that makes the calls.

import { turn, turnBegin, turnRoom, turnWaiting } from "#codec";
import { READABLE, WRITABLE, type SocketEvents, type SocketOwner } from "../transport/events.ts";
import * as requests from "./requests.ts";

type Owners = readonly (SocketOwner | null)[];

/**
 * A function that polls, as host.drive wants it. `owners` of sockets are called, and `events` is told what they throw. What else is asked for `rest` does, from the first request
 * that is not NEWS (requests.ts) to the end of the poll, which is its answer.
 */
export function pollOf(
	view: DataView,
	owners: Owners,
	events: SocketEvents,
	rest: (request: number) => number,
): (now: number) => number {
	return (now) => {
		const request = run(view, owners, events, turnBegin(view, now));
		return request < 0 ? requests.DONE - request : rest(request);
	};
}

/** Goes on after such a request; `answer` as for `turn`. Answers the next one. */
export function pollOn(view: DataView, owners: Owners, events: SocketEvents, answer: number): number {
	return run(view, owners, events, turn(view, answer));
}

function run(view: DataView, owners: Owners, events: SocketEvents, first: number): number {
	let request = first;
	while (request >= 0 && (request & requests.KIND) === requests.NEWS) {
		const news = request >> requests.VALUE_SHIFT;
		const owner = owners[news >> 8]!;
		let answer = 0;
		try {
			if (owner !== null && (news & 255) !== 0) answer = tell(view, owner, news & 255);
		} catch (error) {
			events.threw(owner, error);
			answer = requests.FAILED;
		}
		request = turn(view, answer);
	}
	return request;
}

/** Answers LOOK or 0. */
function tell(view: DataView, owner: SocketOwner, events: number): number {
	if (events === WRITABLE && owner.tellWritable !== undefined) {
		const room = turnRoom(view);
		if (room > 0) owner.tellWritable(room);
		return 0;
	}
	const waiting = turnWaiting(view);
	if (events !== READABLE || owner.tellReadable === undefined)
		return owner.onEvents(events, waiting) === requests.LOOK ? requests.LOOK : 0;
	if (waiting > 0) owner.tellReadable(waiting);
	return requests.LOOK;
}
