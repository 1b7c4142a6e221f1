/** Everything that registers in a slot. */
import "./leftalone";
import "./overdue";
import "./stale";
