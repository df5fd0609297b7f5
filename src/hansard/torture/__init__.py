"""Whether promises hold on a user's own disk, kernel and server: faults, ledgers, and trials made of them."""
