export * from "moddable:multihome/drivers";
