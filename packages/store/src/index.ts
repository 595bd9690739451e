// Durable tables, which outlive the operating-system process: the public face of @starfish/store.
export {}
