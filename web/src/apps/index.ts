/** Everything that registers in a slot. */
import "./done";
import "./leftalone";
import "./overdue";
import "./stale";
