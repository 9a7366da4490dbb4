"""Pure rules: functions over frozen models; time comes in as an argument; no I/O."""
