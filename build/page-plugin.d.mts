import type { Plugin } from "vite";
export function page(): Plugin;
export function pageText(): string;
