/** Everything that registers in a slot. */
import "./approval";
import "./done";
import "./leftalone";
import "./overdue";
import "./pools";
import "./stale";
import "./standing";
