import type { ComponentProps } from "react";

import { Input } from "@/components/ui/field";

/** A field for a secret, which the browser shall not keep. */
export function SecretInput(props: ComponentProps<"input">) {
  return <Input type="password" autoComplete="off" autoCapitalize="off" spellCheck={false} {...props} />;
}
