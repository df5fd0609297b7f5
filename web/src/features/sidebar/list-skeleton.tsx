import { Skeleton } from "@/components/ui/state";

const WIDTHS = ["w-4/5", "w-3/5", "w-2/3", "w-1/2", "w-3/4", "w-2/5"];

/** A placeholder for conversations that are loading. */
export function ListSkeleton({ count }: { count?: number | undefined }) {
  return (
    <div className="flex flex-col gap-5 px-4.5 pt-3">
      {WIDTHS.slice(0, count).map((width) => (
        <Skeleton key={width} className={`h-4 ${width}`} />
      ))}
    </div>
  );
}
