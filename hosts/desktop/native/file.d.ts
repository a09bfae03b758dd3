// Regular files to write, such as captures. Buffered: complete on disk at close, at exit, and a second after a write.

/** Makes or empties the file. Throws Error naming the path and the reason, as the other functions do. */
export function openWrite(path: string): number;
/** Appends the view's bytes [at, end). What one call writes is never torn by a signal that ends the process. */
export function write(fd: number, view: ArrayBufferView | ArrayBuffer, at: number, end: number): void;
export function close(fd: number): void;
