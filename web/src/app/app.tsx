import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";

import { router } from "@/app/router";
import { useAppearance } from "@/app/appearance";
import { TooltipHost } from "@/components/ui/tooltip";
import { queryClient } from "@/data/client";

export function App() {
  useAppearance();
  return (
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
      <TooltipHost />
    </QueryClientProvider>
  );
}
