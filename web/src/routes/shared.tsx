import { useParams } from "@tanstack/react-router";

import { LinkedPage } from "@/features/artifacts/linked-page";

export function SharedRoute() {
  const { token } = useParams({ from: "/shared/$token" });
  return <LinkedPage key={token} token={token} />;
}
