import { Outlet } from "@tanstack/react-router";
import { Suspense } from "react";

import { Announcer } from "@/components/announcer";
import { lazyComponent } from "@/lib/lazy";

const Notices = lazyComponent(() => import("@/app/notices"));

/** A page for people who are not signed in: nothing of the record is around it. */
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
