/** What is asked for in one moment about one thing goes in one request. */

interface Waiting<Q, A> {
  name: string;
  question: Q;
  signal: AbortSignal;
  resolve: (answer: A) => void;
  reject: (reason: unknown) => void;
}

/** A way to ask questions by name: those of one moment with the same `about` are answered by one `ask`, which is given up when
 *  nobody waits for any of them. */
export function gathered<Q, A>(
  ask: (about: string, questions: Record<string, Q>, signal: AbortSignal) => Promise<Record<string, A>>,
) {
  const waiting = new Map<string, Waiting<Q, A>[]>();

  async function send(about: string) {
    const all = (waiting.get(about) ?? []).filter((one) => !one.signal.aborted);
    waiting.delete(about);
    if (!all.length) return;
    const unwanted = new AbortController();
    for (const one of all)
      one.signal.addEventListener("abort", () => all.every((each) => each.signal.aborted) && unwanted.abort());
    try {
      const questions = Object.fromEntries(all.map((one) => [one.name, one.question]));
      const answers = await ask(about, questions, unwanted.signal);
      for (const one of all) one.resolve(answers[one.name] as A);
    } catch (reason) {
      for (const one of all) one.reject(reason);
    }
  }

  return (about: string, name: string, question: Q, signal: AbortSignal): Promise<A> =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      const others = waiting.get(about);
      const mine = { name, question, signal, resolve, reject };
      if (others) others.push(mine);
      else {
        waiting.set(about, [mine]);
        queueMicrotask(() => void send(about));
      }
    });
}
