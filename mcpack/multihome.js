// What mcpack follows: it cannot read natives, so it is told that the module is in the manifest.
export * from "moddable:multihome";
