"""Small genome files that tests write themselves."""

import struct
import zlib

import numpy as np

END_OF_FILE = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def bgzip(text, block_size=50):
    """Bytes of a bgzip file with blocks of `block_size` bytes of text."""
    blocks = [text[i : i + block_size] for i in range(0, len(text), block_size)]
    return b"".join(map(_block, blocks)) + END_OF_FILE


def gzi(text, block_size=50):
    """Bytes of the table of blocks of that file, as bgzip writes it."""
    starts = range(0, len(text), block_size)
    sizes = [len(_block(text[i : i + block_size])) for i in starts]
    pairs = list(zip(np.cumsum(sizes).tolist(), [*starts[1:]], strict=False))
    return struct.pack(f"<{1 + 2 * len(pairs)}Q", len(pairs), *(x for pair in pairs for x in pair))


def _block(text):
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    data = packer.compress(text) + packer.flush()
    header = bytes.fromhex("1f8b08040000000000ff060042430200") + struct.pack("<H", len(data) + 25)
    return header + data + struct.pack("<II", zlib.crc32(text), len(text))


def random_records(seed=0, lengths=(230, 0, 61, 60, 7, 120)):
    """Names and letters, upper and lower case and some that are unknown."""
    random = np.random.default_rng(seed)
    symbols = list("ACGTacgtNRyn")
    weights = [*[0.11] * 8, *[0.03] * 4]
    return {
        f"chr{i}": "".join(random.choice(symbols, size=n, p=weights))
        for i, n in enumerate(lengths, start=1)
    }


def fasta_text(records, width=60, newline="\n", end="\n"):
    """A FASTA file of these records; `width` may be one for each of them."""
    widths = [width] * len(records) if isinstance(width, int) else width
    lines = []
    for (name, symbols), step in zip(records.items(), widths, strict=True):
        lines.append(f">{name} some words")
        lines += [symbols[i : i + step] for i in range(0, len(symbols), step)]
    return newline.join(lines) + end
