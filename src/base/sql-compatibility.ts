// Whose answers SQL gives: `standard` is SQL's own, `ekuiper` repeats what eKuiper was recorded to answer (docs/sql-differences.md lists where they
// differ). Chosen once per rule: setting basic.sqlCompatibility, rule option sqlCompatibility. Read by plan/bind/dialect.ts and compile/context.ts.
export const sqlCompatibilities = ['standard', 'ekuiper'] as const;

export type SqlCompatibility = (typeof sqlCompatibilities)[number];
