# Runs one of ingot's scripts as a job: a scheduled task of SYSTEM that outlives this session. Starts it, or finds it when
# it is at work or has ended already; then follows its log from an offset until it ends. A result stays until it is taken.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-task.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-job.ps1')

# Files tell of their changes; this often it is looked whether the task still lives.
$LookSeconds = 15

# Starts the job unless it is there; returns started, found, or other when the task works on something else.
function Start-IngotJob {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][object]$Parameter, [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Path)
    $id = Get-IngotText -InputObject $Parameter -Name 'id'
    $script = Get-IngotText -InputObject $Parameter -Name 'script'
    if ($script -cnotmatch '^[a-z][a-z0-9-]*\.ps1$') { Stop-Ingot -Code 'guest.parameters' -Message ('Expected the name of a script, found {0}.' -f $script) }
    $known = Read-IngotJobFile -Path $Path.state
    $state = Get-IngotJobState -Path $Path
    if ($state -eq 'running' -and [string]$known.id -ne $id) { return 'other' }
    if (@('running', 'ended') -contains $state -and [string]$known.id -eq $id) { return 'found' }
    if (@('restarted', 'died') -contains $state) { Write-IngotLog -Message ('An earlier job {0} ended without a result ({1}): starting anew' -f $known.script, $state) }
    Remove-IngotJob -Path $Path
    Initialize-IngotFolder
    Initialize-IngotFolder -Path (Split-Path -Path $Path.folder -Parent)
    Initialize-IngotFolder -Path $Path.folder
    $json = ConvertTo-IngotJson -InputObject (Get-IngotProperty -InputObject $Parameter -Name 'parameters' -Default @{})
    Set-IngotFile -Path $Path.parameters -Text ([Convert]::ToBase64String([System.Text.Encoding]::ASCII.GetBytes($json)) + "`n")
    $state = @{
        id = $id
        script = $script
        test = [bool](Get-IngotProperty -InputObject $Parameter -Name 'test' -Default $false)
        bootTime = Get-IngotBootTime
        started = [DateTime]::UtcNow.ToString('o', [Globalization.CultureInfo]::InvariantCulture)
    }
    Set-IngotFile -Path $Path.state -Text (ConvertTo-IngotJson -InputObject $state)
    try {
        Register-IngotTask -Name $Path.task -Script (Join-Path -Path $PSScriptRoot -ChildPath 'job-task.ps1') -Argument ('-Name {0}' -f $Name)
        Start-ScheduledTask -TaskName $Path.task
    }
    catch {
        # Nothing may stay behind that could be taken for a job, least of all its parameters.
        Remove-IngotJob -Path $Path
        throw
    }
    return 'started'
}

function Remove-IngotJob {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][System.Collections.IDictionary]$Path)
    Unregister-ScheduledTask -TaskName $Path.task -Confirm:$false -ErrorAction SilentlyContinue
    if (Test-Path -LiteralPath $Path.folder) { Remove-Item -LiteralPath $Path.folder -Recurse -Force }
}

# Tells each whole line behind the offset, with the offset behind it; returns how far it came. Offsets are bytes.
function Send-JobLog {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Path, [Parameter(Mandatory = $true)][long]$Offset)
    if (-not (Test-Path -LiteralPath $Path -PathType Leaf)) { return $Offset }
    $stream = [System.IO.File]::Open($Path, 'Open', 'Read', 'ReadWrite, Delete')
    try {
        if ($stream.Length -le $Offset) { return $Offset }
        [void]$stream.Seek($Offset, 'Begin')
        $bytes = New-Object -TypeName 'byte[]' -ArgumentList ([int]($stream.Length - $Offset))
        $length = $stream.Read($bytes, 0, $bytes.Length)
    }
    finally { $stream.Dispose() }
    $begin = 0
    while ($true) {
        $end = [Array]::IndexOf($bytes, [byte]10, $begin, $length - $begin)
        if ($end -lt 0) { return $Offset + $begin }
        $line = [System.Text.Encoding]::UTF8.GetString($bytes, $begin, $end - $begin)
        $begin = $end + 1
        Write-IngotLog -Message ('##ingot:job {0}' -f (ConvertTo-IngotJson -InputObject @{ at = $Offset + $begin; line = $line }))
    }
}

# Follows the job until there is something to say about its end.
function Watch-IngotJob {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][System.Collections.IDictionary]$Path, [Parameter(Mandatory = $true)][long]$Offset)
    if (-not (Test-Path -LiteralPath $Path.folder)) { return @{ state = 'none' } }
    $watcher = New-Object -TypeName System.IO.FileSystemWatcher -ArgumentList $Path.folder
    try {
        # Queued: what happens between two looks is not missed.
        foreach ($change in @('Created', 'Changed', 'Renamed', 'Deleted')) { Register-ObjectEvent -InputObject $watcher -EventName $change -SourceIdentifier ('ingot-job-{0}' -f $change) }
        $watcher.EnableRaisingEvents = $true
        while ($true) {
            $known = Read-IngotJobFile -Path $Path.state
            if ($null -ne $known -and [string]$known.id -ne $Id) { return @{ state = 'other'; id = [string]$known.id; script = [string]$known.script } }
            # Asked for before the log is read: what an ended job has written is there then.
            $state = Get-IngotJobState -Path $Path
            $Offset = Send-JobLog -Path $Path.log -Offset $Offset
            if ($state -eq 'ended') {
                $result = Read-IngotJobFile -Path $Path.result
                if ($null -ne $result) { return @{ state = 'ended'; exitCode = [int]$result.exitCode; stderr = [string]$result.stderr } }
            }
            if ($state -eq 'restarted') { return @{ state = $state; bootTime = Get-IngotBootTime; previousBootTime = [string]$known.bootTime } }
            if ($state -eq 'died') {
                $info = Get-ScheduledTaskInfo -TaskName $Path.task -ErrorAction SilentlyContinue
                $code = if ($null -eq $info) { 0 } else { [int64]$info.LastTaskResult }
                return @{ state = $state; taskResult = '0x{0:X8}' -f $code }
            }
            if ($state -eq 'none') { return @{ state = $state } }
            [void](Wait-Event -Timeout $LookSeconds)
            Get-Event | Remove-Event
        }
    }
    finally {
        Get-EventSubscriber | Where-Object -FilterScript { $_.SourceIdentifier -like 'ingot-job-*' } | Unregister-Event
        $watcher.Dispose()
    }
}

Invoke-IngotScript -Body {
    param($Parameter)
    $action = Get-IngotText -InputObject $Parameter -Name 'action'
    $script:Name = Get-IngotText -InputObject $Parameter -Name 'name'
    $script:Id = Get-IngotText -InputObject $Parameter -Name 'id'
    $path = Get-IngotJobPath -Name $Name
    if ($action -eq 'take') {
        $known = Read-IngotJobFile -Path $path.state
        $taken = ($null -ne $known) -and ([string]$known.id -eq $Id) -and ((Get-IngotJobState -Path $path) -ne 'running')
        if ($taken) { Remove-IngotJob -Path $path }
        return @{ state = 'taken'; taken = $taken }
    }
    if (@('start', 'watch') -notcontains $action) { Stop-Ingot -Code 'guest.parameters' -Message ('Expected start, watch or take, found {0}.' -f $action) }
    if ($action -eq 'start') {
        # Two at once would each find nothing and start the same.
        $mutex = New-Object -TypeName System.Threading.Mutex -ArgumentList $false, 'Global\ingot-job'
        try {
            try { $owned = $mutex.WaitOne(60000) }
            catch [System.Threading.AbandonedMutexException] { $owned = $true }
            if (-not $owned) { Stop-Ingot -Code 'guest.job-busy' -Message 'Expected no other start of a job, found one that lasts for a minute.' }
            try { $began = Start-IngotJob -Parameter $Parameter -Path $path }
            finally { $mutex.ReleaseMutex() }
        }
        finally { $mutex.Dispose() }
        Write-IngotLog -Message ('##ingot:job {0}' -f (ConvertTo-IngotJson -InputObject @{ began = $began }))
        if ($began -eq 'other') {
            $known = Read-IngotJobFile -Path $path.state
            return @{ state = 'other'; id = [string]$known.id; script = [string]$known.script }
        }
    }
    Watch-IngotJob -Path $path -Offset ([long](Get-IngotProperty -InputObject $Parameter -Name 'offset' -Default 0))
}
