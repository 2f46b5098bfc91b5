"""The loops behind Genome, compiled by numba: lines to an index, bytes of a file to windows.

A window lies on a record, whose letters begin at byte `offset` of `data` and stand on lines of
`bases` letters and `width` bytes.
"""

from __future__ import annotations

from numba import njit

# Columns of the table of records that `index_lines` fills.
HEADER, LENGTH, OFFSET, BASES, WIDTH, DONE = range(6)
OK, NO_HEADER, UNEQUAL_LINES, BLANK_INSIDE, SPACE_INSIDE = range(5)
_NEWLINE, _RETURN, _SPACE, _GREATER, _TAB = 10, 13, 32, 62, 9


@njit(cache=True, nogil=True)
def index_lines(text, position, records, n_records):
    """Read whole lines into the table of records; row ``n_records - 1`` is the open one.

    `position` is the place of `text` in the file. Return a status, the number of lines read, and
    the number of records.
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
def _add_line(symbols, width, records, n_records):
    bases = len(symbols)
    if n_records == 0:
        return NO_HEADER if bases else OK
    for symbol in symbols:
        if symbol in (_SPACE, _TAB):
            return SPACE_INSIDE
    record = records[n_records - 1]
    if bases == 0:
        # Blank lines may only follow the letters: before them, the offset moves on.
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

    `lines` holds length, offset, bases and width of the record of each window, and `shifts` what
    leads from bytes of the file to those of `data`. Where `minus`, the window is read from the
    other strand: codes pair with ``n_symbols - 1 - code``. Return the first row with a byte that
    the table marks as 255, or -1.
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
                place = start + length - 1 - position
                for j in range(stop - position):
                    code = table[data[byte + j]]
                    invalid = row if code == 255 and invalid < 0 else invalid
                    target[place - j] = n_symbols - 1 - code if code < n_symbols else code
            else:
                place = position - start
                for j in range(stop - position):
                    code = table[data[byte + j]]
                    invalid = row if code == 255 and invalid < 0 else invalid
                    target[place + j] = code
            position = stop
    return invalid


@njit(cache=True, nogil=True)
def gather_symbols(data, shifts, lines, rows, starts, places, padding, out):
    """Fill `out` with the letters of the windows, that of row i at ``places[i]:places[i + 1]``."""
    for i in range(len(rows)):
        row, start = rows[i], starts[i]
        target = out[places[row] : places[row + 1]]
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
            place = position - start
            for j in range(stop - position):
                target[place + j] = data[byte + j]
            position = stop


@njit(cache=True, nogil=True)
def turn_around(symbols, places, minus, complement):
    """Read the windows where `minus` from the other strand, in place.

    Return the first row with a letter that has no complement, or -1.
    """
    for row in range(len(minus)):
        if not minus[row]:
            continue
        target = symbols[places[row] : places[row + 1]]
        n = len(target)
        for j in range((n + 1) // 2):
            left, right = complement[target[n - 1 - j]], complement[target[j]]
            if left == 0 or right == 0:
                return row
            target[j], target[n - 1 - j] = left, right
    return -1
