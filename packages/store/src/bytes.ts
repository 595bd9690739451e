// Bytes as text with a character for each: a message with text in it is copied several times as fast as one with an array.

export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

export const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1')
