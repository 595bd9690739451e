// Piscina as a supervised process: the public face of @starfish/pool.
export {}
