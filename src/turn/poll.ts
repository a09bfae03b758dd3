// The turn, and the calls of sockets' owners in between. On XS the module `multihome/poll` takes this one's place: C that makes the calls.

import { turn, turnBegin, turnWaiting } from "#codec";
import { READABLE, type SocketEvents, type SocketOwner } from "../transport/events.ts";
import * as requests from "./requests.ts";

type Owners = readonly (SocketOwner | null)[];

/** A poll begins at `now`. `owners` of sockets are called, and `events` is told what they throw. Answers the first request that is not NEWS: requests.ts. */
export function pollBegin(view: DataView, owners: Owners, events: SocketEvents, now: number): number {
	return run(view, owners, events, turnBegin(view, now));
}

/** Goes on after such a request; `answer` as for `turn`. */
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
	const waiting = turnWaiting(view);
	if (events !== READABLE || owner.tellReadable === undefined)
		return owner.onEvents(events, waiting) === requests.LOOK ? requests.LOOK : 0;
	if (waiting > 0) owner.tellReadable(waiting);
	return requests.LOOK;
}
