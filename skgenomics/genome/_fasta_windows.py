"""Compiled loops of Genome: from lines to an index, and from bytes of a file to windows.

A window lies on a record, whose bases begin at byte `offset` of `data` and stand on lines of
`bases` bases and `width` bytes.
"""

from __future__ import annotations

from numba import njit

# Columns of the table of records that `index_lines` fills.
HEADER, LENGTH, OFFSET, BASES, WIDTH, DONE = range(6)
OK, NO_HEADER, UNEQUAL_LINES, BLANK_INSIDE, SPACE_INSIDE, RETURN_INSIDE, GREATER_INSIDE = range(7)
_NEWLINE, _RETURN, _SPACE, _GREATER, _TAB = 10, 13, 32, 62, 9


@njit(cache=True, nogil=True)
def index_lines(text, position, records, n_records):
    """Read whole lines into the table of records; row ``n_records - 1`` is the open one.

    `position` is that of `text` in the file. Returns a status, the number of lines read, and the
    number of records.
    """
    n_lines, start, n = 0, 0, len(text)
    while start < n:
        end = start
        while end < n and text[end] != _NEWLINE:
            end += 1
        after = min(end + 1, n)
        while end > start and text[end - 1] == _RETURN:
            end -= 1
        n_lines += 1
        if end > start and text[start] == _GREATER:
            records[n_records, :] = 0
            records[n_records, HEADER] = position + start
            records[n_records, OFFSET] = position + after
            n_records += 1
        else:
            status = _add_line(text[start:end], after - start, records, n_records)
            if status != OK:
                return status, n_lines, n_records
        start = after
    return OK, n_lines, n_records


@njit(cache=True, nogil=True)
def _add_line(line, width, records, n_records):
    bases = len(line)
    if n_records == 0:
        return NO_HEADER if bases else OK
    for base in line:
        # One comparison for nearly all bases: the bytes looked for lie below "A".
        if base <= _GREATER:
            if base in (_SPACE, _TAB):
                return SPACE_INSIDE
            if base == _RETURN:
                return RETURN_INSIDE
            if base == _GREATER:
                return GREATER_INSIDE
    record = records[n_records - 1]
    if bases == 0:
        # Blank lines may only follow the bases: before them, the offset moves on.
        if record[LENGTH]:
            record[DONE] = 2
        else:
            record[OFFSET] += width
        return OK
    if record[DONE]:
        return BLANK_INSIDE if record[DONE] == 2 else UNEQUAL_LINES
    if record[LENGTH] == 0:
        record[BASES], record[WIDTH] = bases, width
    elif bases > record[BASES]:
        return UNEQUAL_LINES
    record[LENGTH] += bases
    # Only the last line may be shorter, or end in other bytes.
    if bases != record[BASES] or width != record[WIDTH]:
        record[DONE] = 1
    return OK


@njit(cache=True, nogil=True)
def gather_codes(data, shifts, lines, rows, starts, minus, table, n_symbols, out):
    """Fill the rows `rows` of uint8 `out`, (n, length), with codes of the windows from `starts`.

    `lines` holds length, offset, bases and width of the record of each window, and `shifts` the
    difference between positions in `data` and in the file. Where `minus`, the reverse complement
    is read: the complement of a code is ``n_symbols - 1 - code``. Returns the first row with a
    byte that the table marks as 255, or -1.
    """
    length = out.shape[1]
    invalid = -1
    for i in range(len(rows)):
        row, start = rows[i], starts[i]
        record_length, offset, bases, width = lines[i]
        first = min(max(start, 0), record_length)
        last = max(min(start + length, record_length), first)
        target = out[row]
        if first > start or last < start + length:
            target[:] = n_symbols
        position = first
        while position < last:
            column = position % bases
            stop = min(last, position - column + bases)
            byte = offset + shifts[i] + position // bases * width + column
            if minus[i]:
                index = start + length - 1 - position
                for j in range(stop - position):
                    code = table[data[byte + j]]
                    invalid = row if code == 255 and invalid < 0 else invalid
                    target[index - j] = n_symbols - 1 - code if code < n_symbols else code
            else:
                index = position - start
                for j in range(stop - position):
                    code = table[data[byte + j]]
                    invalid = row if code == 255 and invalid < 0 else invalid
                    target[index + j] = code
            position = stop
    return invalid


@njit(cache=True, nogil=True)
def gather_bases(data, shifts, lines, rows, starts, bounds, padding, out):
    """Fill `out` with the bases of windows, those of row i at ``bounds[i]:bounds[i + 1]``.

    Returns the first row with a line end or '>' among the bases, which an index that does not fit
    the file leads to, or -1.
    """
    invalid = -1
    for i in range(len(rows)):
        row, start = rows[i], starts[i]
        target = out[bounds[row] : bounds[row + 1]]
        record_length, offset, bases, width = lines[i]
        first = min(max(start, 0), record_length)
        last = max(min(start + len(target), record_length), first)
        if first > start or last < start + len(target):
            target[:] = padding
        position = first
        while position < last:
            column = position % bases
            stop = min(last, position - column + bases)
            byte = offset + shifts[i] + position // bases * width + column
            index = position - start
            has_break = False
            for j in range(stop - position):
                base = data[byte + j]
                target[index + j] = base
                # Without a branch, so that the loop is vectorized.
                has_break |= (base == _NEWLINE) | (base == _RETURN) | (base == _GREATER)
            if has_break and invalid < 0:
                invalid = row
            position = stop
    return invalid


@njit(cache=True, nogil=True)
def reverse_complement_windows(symbols, bounds, minus, complement):
    """Replace the windows where `minus` by their reverse complements.

    Returns the first row with a base that has no complement, or -1.
    """
    for row in range(len(minus)):
        if not minus[row]:
            continue
        target = symbols[bounds[row] : bounds[row + 1]]
        n = len(target)
        for j in range((n + 1) // 2):
            left, right = complement[target[n - 1 - j]], complement[target[j]]
            if left == 0 or right == 0:
                return row
            target[j], target[n - 1 - j] = left, right
    return -1
