import { Outlet } from "@tanstack/react-router";
import { Suspense } from "react";

import { Announcer } from "@/components/announcer";
import { lazyComponent } from "@/lib/lazy";

const Notices = lazyComponent(() => import("@/app/notices"));

/** The layout of pages that need no sign-in; it shows no data of the user. */
export function PublicLayout() {
  return (
    <>
      <main id="main" className="flex h-full flex-col">
        <Suspense>
          <Outlet />
        </Suspense>
      </main>
      <Announcer />
      <Suspense>
        <Notices />
      </Suspense>
    </>
  );
}
