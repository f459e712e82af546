// Is a text the name of a time zone? Not a function itself.
const known = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    // the constructor's way to say no
    return false;
  }
};

const answers = new Map<string, boolean>();
const MAX_ANSWERS = 1000;

export function isTimeZone(zone: string): boolean {
  let answer = answers.get(zone);
  if (answer === undefined) {
    if (answers.size >= MAX_ANSWERS) answers.clear();
    answers.set(zone, (answer = known(zone)));
  }
  return answer;
}
