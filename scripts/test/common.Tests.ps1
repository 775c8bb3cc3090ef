# common.ps1: what every script says, reads and runs.
[CmdletBinding()]
param()

Pester\Describe 'common.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')

        # A script of one body, beside a copy of common.ps1.
        function New-TestScript {
            param([Parameter(Mandatory = $true)][string]$Body)
            $folder = Join-Path -Path $TestDrive -ChildPath ([guid]::NewGuid().ToString('N'))
            [void](New-Item -Path $folder -ItemType Directory)
            Copy-Item -LiteralPath (Join-Path -Path $ScriptFolder -ChildPath 'common.ps1') -Destination $folder
            $head = "[CmdletBinding()]`nparam([switch]`$Test)`n. (Join-Path -Path `$PSScriptRoot -ChildPath 'common.ps1')`n"
            [System.IO.File]::WriteAllText((Join-Path -Path $folder -ChildPath 'x.ps1'), $head + $Body)
            return $folder
        }

        # What is written to standard output while a body runs.
        function Get-StandardOutput {
            param([Parameter(Mandatory = $true)][scriptblock]$Body)
            $before = [Console]::Out
            $writer = New-Object -TypeName System.IO.StringWriter
            [Console]::SetOut($writer)
            try { [void](& $Body) }
            finally { [Console]::SetOut($before) }
            return $writer.ToString()
        }
    }

    Pester\BeforeEach { Initialize-Guest }

    Pester\Context 'markers' {
        Pester\It 'are ASCII, whatever the text is' {
            $text = 'Gr' + [char]0xFC + [char]0x20AC + "`n" + [char]0x7F
            $json = ConvertTo-IngotJson -InputObject @{ message = $text }
            $json | Pester\Should -Match '^[\x20-\x7E]+$'
            (ConvertFrom-Json -InputObject $json).message | Pester\Should -BeExactly $text
        }

        Pester\It 'keep what lies deeper than the default depth' {
            $json = ConvertTo-IngotJson -InputObject @{ a = @(@{ b = @{ c = @{ d = @(1) } } }) }
            (ConvertFrom-Json -InputObject $json).a[0].b.c.d[0] | Pester\Should -Be 1
        }

        Pester\It 'are one line' {
            $lines = @((Get-StandardOutput -Body { Write-IngotProgress -Message "a`r`nb" -Done 1 -Total 2 }) -split '\r?\n')
            $lines.Count | Pester\Should -Be 2
            $lines[0] | Pester\Should -BeLike '##ingot:progress {*}'
            $lines[1] | Pester\Should -BeExactly ''
        }

        Pester\It 'say no numbers that are not known' {
            $value = (Get-StandardOutput -Body { Write-IngotProgress -Message 'x' }) -replace '^##ingot:progress '
            @((ConvertFrom-Json -InputObject $value).PSObject.Properties.Name) | Pester\Should -Be @('message')
        }
    }

    Pester\Context 'Invoke-IngotScript' {
        Pester\It 'gives the parameters and tells the result' {
            $folder = New-TestScript -Body 'Invoke-IngotScript -Body { param($Parameter) @{ found = $Parameter.name } }'
            $run = Invoke-Script -Name 'x.ps1' -Folder $folder -Parameter @{ name = 'Z' + [char]0xE9 }
            $run.exitCode | Pester\Should -Be 0
            $run.result.found | Pester\Should -BeExactly ('Z' + [char]0xE9)
        }

        Pester\It 'takes for log what is no result' {
            $folder = New-TestScript -Body 'Invoke-IngotScript -Body { "before"; $null; @{ a = 1 }; "after" }'
            $run = Invoke-Script -Name 'x.ps1' -Folder $folder
            $run.log | Pester\Should -Be @('before', 'after')
            $run.result.a | Pester\Should -Be 1
        }

        Pester\It 'fails without a result' {
            $run = Invoke-Script -Name 'x.ps1' -Folder (New-TestScript -Body 'Invoke-IngotScript -Body { "text" }')
            $run.exitCode | Pester\Should -Be 1
            $run.error.code | Pester\Should -Be 'guest.no-result'
        }

        Pester\It 'tells script, line, category and code of a failure' {
            $body = "Invoke-IngotScript -Body {`n    Stop-Ingot -Code 'a.b' -Message 'Expected x, found y.'`n}"
            $run = Invoke-Script -Name 'x.ps1' -Folder (New-TestScript -Body $body)
            $run.exitCode | Pester\Should -Be 1
            $run.result | Pester\Should -BeNullOrEmpty
            $run.error.code | Pester\Should -Be 'a.b'
            $run.error.message | Pester\Should -BeExactly 'Expected x, found y.'
            $run.error.script | Pester\Should -Be 'x.ps1'
            $run.error.line | Pester\Should -Be 5
            $run.error.category | Pester\Should -Be 'OperationStopped'
        }

        # Of a command that is not mocked: a mock would be where the line is.
        Pester\It 'tells a failure of PowerShell itself, without a code' {
            $body = "Invoke-IngotScript -Body {`n    [void](Get-Content -LiteralPath (Join-Path -Path `$PSScriptRoot -ChildPath 'missing'))`n}"
            $run = Invoke-Script -Name 'x.ps1' -Folder (New-TestScript -Body $body)
            $run.exitCode | Pester\Should -Be 1
            $run.error.script | Pester\Should -Be 'x.ps1'
            $run.error.line | Pester\Should -Be 5
            $run.error.category | Pester\Should -Be 'ObjectNotFound'
            $run.error.PSObject.Properties['code'] | Pester\Should -BeNullOrEmpty
        }

        Pester\It 'lets strict mode find a property that is not there' {
            $run = Invoke-Script -Name 'x.ps1' -Folder (New-TestScript -Body 'Invoke-IngotScript -Body { param($Parameter) @{ a = $Parameter.missing } }')
            $run.exitCode | Pester\Should -Be 1
        }
    }

    Pester\Context 'parameters' {
        Pester\It 'are demanded' {
            $before = [Console]::In
            [Console]::SetIn((New-Object -TypeName System.IO.StringReader -ArgumentList ''))
            try { { Read-IngotParameter } | Pester\Should -Throw -ExpectedMessage 'Expected one line with the parameters*' }
            finally { [Console]::SetIn($before) }
        }

        Pester\It 'have defaults when they are missing or null' {
            $object = ConvertFrom-Json -InputObject '{"a":null,"b":0,"c":""}'
            Get-IngotProperty -InputObject $object -Name 'a' -Default 7 | Pester\Should -Be 7
            Get-IngotProperty -InputObject $object -Name 'x' -Default 7 | Pester\Should -Be 7
            Get-IngotProperty -InputObject $object -Name 'b' -Default 7 | Pester\Should -Be 0
            Get-IngotProperty -InputObject $object -Name 'c' -Default 7 | Pester\Should -BeExactly ''
        }

        Pester\It 'that are required must not be empty' {
            { Get-IngotText -InputObject (ConvertFrom-Json -InputObject '{"a":""}') -Name 'a' } | Pester\Should -Throw -ExpectedMessage 'Expected the parameter a, found none.'
            Get-IngotText -InputObject (ConvertFrom-Json -InputObject '{"a":"b"}') -Name 'a' | Pester\Should -Be 'b'
        }
    }

    Pester\Context 'New-IngotResult' {
        Pester\It 'has all five properties, lists staying lists' {
            $json = ConvertTo-IngotJson -InputObject (New-IngotResult -Changed $false -Before $null -After @{ a = 1 })
            $result = ConvertFrom-Json -InputObject $json
            $result.changed | Pester\Should -BeFalse
            $result.before | Pester\Should -BeNullOrEmpty
            $result.after.a | Pester\Should -Be 1
            $result.rebootRequired | Pester\Should -BeFalse
            $json | Pester\Should -BeLike '*"evidence":`[`]*'
            ConvertTo-IngotJson -InputObject (New-IngotResult -Changed $true -Before $null -After $null -Evidence @('one')) | Pester\Should -BeLike '*"evidence":`["one"`]*'
        }
    }

    Pester\Context 'files' {
        Pester\It 'are written as UTF-8 without a mark, over what was there' {
            $path = Set-GuestFile -Path 'a.txt' -Text 'old text'
            Set-IngotFile -Path $path -Text ([string][char]0xFC + "`n")
            [System.IO.File]::ReadAllBytes($path) | Pester\Should -Be @(0xC3, 0xBC, 0x0A)
            Test-Path -LiteralPath ($path + '.new') | Pester\Should -BeFalse
        }

        Pester\It 'that are missing have no lines' {
            @(Get-IngotLine -Path (Join-Path -Path $Guest.root -ChildPath 'missing')).Count | Pester\Should -Be 0
        }

        Pester\It 'are read while another program writes them' {
            $path = Set-GuestFile -Path 'a.log' -Text "one`r`ntwo`r`n"
            $stream = [System.IO.File]::Open($path, 'Open', 'ReadWrite', 'ReadWrite, Delete')
            try { Get-IngotLine -Path $path | Pester\Should -Be @('one', 'two') }
            finally { $stream.Dispose() }
        }
    }

    Pester\Context 'native programs' {
        Pester\It 'get the argument <Argument> as <Expected>' -ForEach @(
            @{ Argument = 'plain'; Expected = 'plain' }
            @{ Argument = ''; Expected = '""' }
            @{ Argument = 'a b'; Expected = '"a b"' }
            @{ Argument = 'say "x"'; Expected = '"say \"x\""' }
            @{ Argument = 'C:\a b\'; Expected = '"C:\a b\\"' }
            @{ Argument = 'C:\a\'; Expected = 'C:\a\' }
            @{ Argument = '\"'; Expected = '"\\\""' }
        ) {
            ConvertTo-NativeArgument -Argument $Argument | Pester\Should -BeExactly $Expected
        }
    }
}

Pester\Describe 'Invoke-Native' {
    Pester\BeforeAll {
        # Not mocked here: a real program is run, the PowerShell that runs these tests.
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        $shell = [System.Diagnostics.Process]::GetCurrentProcess().MainModule.FileName
        $echo = Join-Path -Path $TestDrive -ChildPath 'echo.ps1'
        [System.IO.File]::WriteAllText($echo, 'foreach ($a in $args) { [Console]::Out.WriteLine([Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($a))) }')
    }

    Pester\It 'hands each argument over as it is' {
        $given = @('plain', 'a b', 'say "x"', 'C:\a b\', 'x\"y', '{"a":"b c"}')
        $end = Invoke-Native -FilePath $shell -ArgumentList (@('-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', $echo) + $given)
        $found = @($end.lines | ForEach-Object -Process { [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($_)) })
        $found | Pester\Should -Be $given
    }

    Pester\It 'reads standard error beside standard output, and more than a pipe holds' {
        $end = Invoke-Native -FilePath $shell -ArgumentList @('-NoProfile', '-NonInteractive', '-Command', '[Console]::Error.WriteLine(("e" * 200000)); [Console]::Out.WriteLine(("o" * 200000))')
        @($end.lines | ForEach-Object -Process { $_.Length }) | Pester\Should -Be @(200000, 200000)
        $end.output.Trim().Length | Pester\Should -Be 200000
    }

    Pester\It 'fails for another exit code than expected, with the last lines' {
        { Invoke-Native -FilePath $shell -ArgumentList @('-NoProfile', '-NonInteractive', '-Command', '"the reason"; exit 7') } |
            Pester\Should -Throw -ExpectedMessage '*exit code 0, found 7*the reason*'
    }

    Pester\It 'returns the exit code where it is expected, or any is' {
        (Invoke-Native -FilePath $shell -ArgumentList @('-NoProfile', '-NonInteractive', '-Command', 'exit 7') -SuccessCode @(0, 7)).exitCode | Pester\Should -Be 7
        (Invoke-Native -FilePath $shell -ArgumentList @('-NoProfile', '-NonInteractive', '-Command', 'exit 9') -AnyCode).exitCode | Pester\Should -Be 9
    }
}

Pester\Describe 'services' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }
    Pester\BeforeEach { Initialize-Guest }

    Pester\It 'that are missing are told so' {
        (Get-IngotService -Name 'none').status | Pester\Should -Be 'Missing'
    }

    Pester\It 'that run by themselves are left alone' {
        Set-GuestService -Name 'sshd'
        (Enable-IngotService -Name 'sshd').status | Pester\Should -Be 'Running'
        Pester\Should -Invoke -CommandName Set-Service -Times 0 -Exactly
        Pester\Should -Invoke -CommandName Start-Service -Times 0 -Exactly
    }

    Pester\It 'are made to start by themselves, and started' {
        Set-GuestService -Name 'sshd' -Status 'Stopped' -StartType 'Manual'
        $state = Enable-IngotService -Name 'sshd'
        $state.status | Pester\Should -Be 'Running'
        $state.startType | Pester\Should -Be 'Automatic'
    }

    Pester\It 'that are starting are waited for, not started again' {
        Set-GuestService -Name 'sshd' -Status 'StartPending'
        { Enable-IngotService -Name 'sshd' } | Pester\Should -Throw -ExpectedMessage '*StartPending*'
        Pester\Should -Invoke -CommandName Start-Service -Times 0 -Exactly
    }
}
