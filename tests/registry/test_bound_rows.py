from __future__ import annotations

from skybutler.registry.bound_rows import BoundRows


def test_rows_are_put_before_the_statements_that_name_them():
    bound = BoundRows()
    assert bound.put_into("SELECT 1", (2,)) == ("SELECT 1", (2,), 0)
    with bound.staged("SELECT ?", ["a"], 3) as first, bound.staged("SELECT ?, ?", ["b", "c"], 5) as second:
        assert bound.put_into("SELECT 1", (2,)) == ("SELECT 1", (2,), 0)
        sql, values, n = bound.put_into(f"SELECT * FROM {second}, {first}, {second} s WHERE x = ?", (2,))
        assert sql.startswith(f"WITH {second} AS (SELECT ?, ?), {first} AS (SELECT ?) SELECT * FROM")
        assert (values, n) == (["b", "c", "a", 2], 5)
        assert bound.put_into(f"WITH w AS (SELECT 1) SELECT * FROM w, {first}", ())[0].count("WITH") == 2
    assert bound.put_into(f"SELECT * FROM {first}", ()) == (f"SELECT * FROM {first}", (), 0)


def test_a_name_is_used_again_and_names_of_others_are_left():
    bound = BoundRows(kept=False)
    with bound.staged("SELECT ?", ["a"], 1) as first:
        assert bound.put_into('SELECT 1 AS "bound_7"', ())[0] == 'SELECT 1 AS "bound_7"'
    with bound.staged("SELECT ?", ["b"], 1) as again:
        assert again == first
        sql = bound.put_into(f"SELECT * FROM {again}", ())[0]
        assert sql == f"WITH {again} AS NOT MATERIALIZED (SELECT ?) SELECT * FROM {again}"
