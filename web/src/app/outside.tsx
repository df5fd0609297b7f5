import { Outlet } from "@tanstack/react-router";
import { Suspense } from "react";

import { Announcer } from "@/components/announcer";
import { lazily } from "@/lib/lazily";

const Notices = lazily(() => import("@/app/notices"));

/** A page for people who are not signed in: nothing of the record is around it. */
export function Outside() {
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
