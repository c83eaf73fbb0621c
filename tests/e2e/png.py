"""The pixels of a PNG as Chromium writes them: eight bits a channel, not interlaced."""

import struct
import zlib


def read(path):
    """(width, height, rows): a row is a list of (red, green, blue)."""
    data = path.read_bytes()
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError(f"{path}: no PNG")
    at, packed, header = 8, b"", None
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        chunk = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", chunk)
        elif kind == b"IDAT":
            packed += chunk
        at += 12 + length
    width, height, depth, colour, _, _, interlaced = header
    if depth != 8 or colour not in (2, 6) or interlaced:
        raise ValueError(f"{path}: depth {depth}, colour type {colour}")
    size = 3 if colour == 2 else 4
    lines, rows, before = zlib.decompress(packed), [], bytes(width * size)
    for y in range(height):
        start = y * (1 + width * size)
        before = _unfilter(lines[start], lines[start + 1:start + 1 + width * size], before, size)
        rows.append([tuple(before[x:x + 3]) for x in range(0, width * size, size)])
    return width, height, rows


def _unfilter(kind, line, above, size):
    out = bytearray(line)
    for i, value in enumerate(line):
        left = out[i - size] if i >= size else 0
        corner = above[i - size] if i >= size else 0
        out[i] = (value + (0, left, above[i], (left + above[i]) // 2,
                           _nearest(left, above[i], corner))[kind]) & 255
    return bytes(out)


def _nearest(left, above, corner):
    guess = left + above - corner
    return min((abs(guess - left), 0, left), (abs(guess - above), 1, above),
               (abs(guess - corner), 2, corner))[2]
