/** What mcconfig calls the board of a target. Throws when its name does not tell. */
export function subplatformOf(target: string): string;
