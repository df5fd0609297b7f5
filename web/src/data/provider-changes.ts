/** The order of providers, and their lists of models. */
import { useMutation } from "@tanstack/react-query";

import { type Provider, api, unwrap } from "@/api/client";
import { providerPath, providers } from "@/data/providers";
import { enqueueRequest } from "@/data/request-queue";
import { notice } from "@/lib/notice";

/** Move a provider by a number of places. `ordered` are all, in their order. */
export async function moveProvider(ordered: readonly Provider[], provider: Provider, step: number): Promise<void> {
  const others = ordered.filter((other) => other !== provider);
  const moved = others.toSpliced(ordered.indexOf(provider) + step, 0, provider);
  const changed = moved.map((one, position) => ({ ...one, position })).filter(({ position }, i) => position !== moved[i]?.position);
  for (const one of changed) providers.show(one);
  try {
    await enqueueRequest(["providers"], () => Promise.all(changed.map(({ id, position }) => providers.requests.update(id, { position }))));
  } catch (error) {
    for (const one of ordered) providers.show(one);
    notice.error(error);
  }
}

/** Ask a provider for its models; says how long that takes, or why it fails. */
export function useTestProvider() {
  return useMutation({ mutationFn: (id: string) => unwrap(api.POST("/api/v1/providers/{provider_id}/test", providerPath(id))) });
}

/** Fetch the list of a provider's models. */
export function useRefreshProvider() {
  return useMutation({
    mutationFn: (id: string) => unwrap(api.POST("/api/v1/providers/{provider_id}/refresh", providerPath(id))),
    onSuccess: (refreshed) => providers.show(refreshed),
  });
}
