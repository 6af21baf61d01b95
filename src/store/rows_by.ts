import { Column, getTableName, is, SQL } from "drizzle-orm";

/** What a select of Drizzle's knows of its columns. */
export interface Selected {
  /** In the order of its text: where each value goes in a row, and what makes it one. */
  readonly fields: readonly { readonly path: readonly string[]; readonly field: Field }[];
  /** By name: false for the tables of a LEFT JOIN. Absent: one table alone. */
  readonly joinsNotNullableMap?: Readonly<Record<string, boolean>> | undefined;
}

type Field = Column | SQL | SQL.Aliased;
type Row = Record<string, unknown>;
/** Of a batch: D1's `results` or libSQL's `rows`, objects whose own members are the columns in their order. */
type Result = Readonly<Partial<Record<"results" | "rows", readonly Readonly<Row>[]>>>;

/**
 * Drizzle's rows of a batch's result, by a plan that is made once: Drizzle works it out anew for every row.
 * @throws Error for a shape of row that no query of ours has
 */
export function rowsBy({ fields, joinsNotNullableMap }: Selected): (result: unknown) => readonly Row[] {
  const plan = fields.map(({ path, field }) => {
    const [member = "", group] = [...path].reverse();
    const isOptional = is(field, Column) && joinsNotNullableMap?.[getTableName(field.table)] === false;
    // Drizzle makes null of a whole group whose table was not there.
    if (path.length > 2 || (group !== undefined && isOptional))
      throw new Error(`no plan for ${path.join(".")}`);
    return { group, member, decoder: decoderOf(field) };
  });
  const rowOf = (raw: Readonly<Row>) => {
    const values = Object.values(raw);
    const row: Row = {};
    for (const [index, { group, member, decoder }] of plan.entries()) {
      const value = values[index];
      placeIn(row, group)[member] = value === null ? null : decoder.mapFromDriverValue(value);
    }
    return row;
  };
  return (result) => {
    const { results, rows = [] } = result as Result;
    return (results ?? rows).map(rowOf);
  };
}

function placeIn(row: Row, group: string | undefined): Row {
  if (group === undefined) return row;
  row[group] ??= {};
  return row[group] as Row;
}

type Decoder = Pick<Column, "mapFromDriverValue">;

/** The cast to what Drizzle hides: an expression has a decoder too, by default one that changes nothing. */
function decoderOf(field: Field): Decoder {
  if (is(field, Column)) return field;
  const expression = is(field, SQL) ? field : field.sql;
  return (expression as unknown as { readonly decoder: Decoder }).decoder;
}
