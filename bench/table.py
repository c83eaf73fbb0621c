"""The table that a benchmark prints: a row a figure, podtap beside a peer."""


def number(value, digits=1):
    return "-" if value is None else f"{value:,.{digits}f}"


def print_table(columns, rows):
    """`columns` name the two; a row is (what, podtap's figure, the peer's, a note)."""
    table = [("", *columns, ""), *rows]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    for row in table:
        print(f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}"
              .rstrip())
