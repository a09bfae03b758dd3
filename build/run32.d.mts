export declare const NO_RUNNER: string;
export declare function runner32(): string | undefined;
export declare function startable32(binary: string): string;
