/** What is being typed, once it rests: what asks the server does not ask at every key. */
import { useEffect, useState } from "react";

/** The value once it has been the same for `ms`; an empty text at once. An object must stay the same one from draw to draw. */
export function useRested<T>(value: T, ms: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(() => value), value === "" ? 0 : ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return rested;
}
