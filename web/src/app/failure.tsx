import type { ErrorComponentProps } from "@tanstack/react-router";

import { Failed } from "@/components/ui/state";
import { Refused } from "@/api/client";
import { NotFound } from "@/app/not-found";
import { SignIn } from "@/app/sign-in";

/** Replaces a page that fails. */
export function Failure({ error, reset }: ErrorComponentProps) {
  if (error instanceof Refused && error.status === 401) return <SignIn />;
  if (error instanceof Refused && error.status === 404) return <NotFound />;
  return (
    <div className="flex h-full">
      <Failed error={error} onRetry={reset} />
    </div>
  );
}
